/** What the tests use of Node. */
declare function setImmediate(run: (value: unknown) => void): void;

declare module 'ws' {
  export class WebSocket {
    constructor(url: string | URL, protocols?: string | string[]);
    on(event: string, hear: (data: unknown) => void): void;
    send(data: string): void;
    terminate(): void;
  }
  export class WebSocketServer {
    constructor(options: { port: number });
    once(event: string, hear: (value: unknown) => void): void;
    on(event: 'connection', hear: (peer: WebSocket, request: { url?: string }) => void): void;
    address(): unknown;
    close(): void;
  }
}

declare module 'node:fs' {
  export function readFileSync(path: URL, encoding: 'utf8'): string;
}

declare module 'node:net' {
  export interface AddressInfo {
    port: number;
  }
}
