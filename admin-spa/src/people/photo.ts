// A picture from a file of any size, cut to a square and made small; what a camera wrote into it stays here.
const SIDE = 256;
const QUALITY = 0.86;

/** The middle of the picture as base64 of a JPEG. Rejects for a file that the browser cannot show. */
export async function squarePhoto(file: Blob): Promise<string> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d');
  if (!context || side === 0) throw new Error('no picture');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, SIDE, SIDE);
  const left = (picture.width - side) / 2;
  const top = (picture.height - side) / 2;
  context.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return canvas.toDataURL('image/jpeg', QUALITY).replace(/^data:[^,]*,/, '');
}
