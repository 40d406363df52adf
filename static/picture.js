// A photo made smaller before it is sent: a phone's has 12 megapixels, and the encoder
// looks at far fewer.

const LONGEST = 1024; // pixels
const QUALITY = 0.85;

/**
 * A photo upright as a JPEG that is not too large, as `blob` and as a `data:` address;
 * null where this browser can't read it. `source` is a file or an image of the page.
 */
export async function shrunk(source) {
  let photo;
  try {
    photo = await createImageBitmap(source, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
  const scale = Math.min(1, LONGEST / Math.max(photo.width, photo.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(photo.width * scale));
  canvas.height = Math.max(1, Math.round(photo.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // where the photo is transparent; a JPEG would be black there
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(photo, 0, 0, canvas.width, canvas.height);
  photo.close();
  const { promise, resolve } = Promise.withResolvers();
  canvas.toBlob(resolve, "image/jpeg", QUALITY);
  return { blob: await promise, address: canvas.toDataURL("image/jpeg", QUALITY) };
}
