/** Made by the build (tools/short-words.mjs): what the launcher is called, by language. */
declare module 'ringback:labels' {
  const labels: Record<string, string>;
  export default labels;
}
