// Numbers of an image, as JSON brings them, on a canvas: grey or colour, whatever their range.

/** Shape (C, H, W), values nested or flat; 0 to 255, 0 to 1 or 0 to 16: the range is asked of the values. */
export function flat(values: unknown): number[] {
  if (!Array.isArray(values)) return [Number(values)];
  return values.flat(3).map(Number);
}

export function drawImage(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  shape: readonly number[],
  top: number,
): void {
  const [channels = 1, height = 1, width = 1] = shape.length === 3 ? shape : [1, ...shape];
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const pixels = new Uint8ClampedArray(width * height * 4);
  const cells = width * height;
  for (let cell = 0; cell < cells; cell++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = values[(channels >= 3 ? channel : 0) * cells + cell] ?? 0;
      pixels[cell * 4 + channel] = (255 * value) / top;
    }
    pixels[cell * 4 + 3] = 255;
  }
  context.putImageData(new ImageData(pixels, width, height), 0, 0);
}

/** The value of white: what the images' own range suggests. */
export function topOf(images: readonly ArrayLike<number>[]): number {
  let most = 0;
  for (const image of images.slice(0, 40))
    for (let i = 0; i < image.length; i++) most = Math.max(most, image[i] ?? 0);
  return [1, 16, 255].find((top) => most <= top) ?? (most || 1);
}
