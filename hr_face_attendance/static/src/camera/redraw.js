/**
 * A photo drawn anew: the right way up, of a size that travels well, and without the place and the
 * device that phones write into theirs.
 *
 * @param {Blob} file any picture that the browser can read
 * @param {number} longestPx of its longer side
 * @param {number} quality of the JPEG, 0 to 1
 * @returns {Promise<{blob, canvas} | null>} the JPEG, and the same to draw from; null for what is
 *     no picture
 */
export async function redrawn(file, longestPx, quality) {
    let image;
    try {
        image = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
        return null;
    }
    const scale = Math.min(1, longestPx / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    return blob && { blob, canvas };
}
