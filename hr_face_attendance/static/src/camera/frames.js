/** Pictures of a playing video: as JPEG for the service, and as an aligned chip to measure. */

import { CHIP_POINTS, CHIP_PX, similarity } from "./measures";

export const MOST_BYTES = 100 * 1000;
/** Of each of a challenge's pictures, which travel all at once: the service takes 150, and 8 MB. */
export const MOST_BYTES_OF_MANY = 50 * 1000;
const MOST_PX = 640;
const QUALITIES = [0.9, 0.8, 0.65, 0.5, 0.35];

/** What a playing video shows now, on `canvas`: it goes on while that is looked at. */
export function held(video, canvas) {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(video, 0, 0);
    return canvas;
}

/** A canvas as JPEG of at most `most` bytes, its longer side at most MOST_PX; null if it is empty. */
export async function toJpeg(
    picture,
    canvas = document.createElement("canvas"),
    most = MOST_BYTES,
) {
    const { width, height } = picture;
    if (!width || !height) {
        return null;
    }
    const scale = Math.min(1, MOST_PX / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    let blob = null;
    for (const quality of QUALITIES) {
        blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
        if (!blob || blob.size <= most) {
            break;
        }
    }
    return blob;
}

/** RGBA pixels of the face with these five points, CHIP_PX square; null if it has no shape. */
export function chipOf(picture, points, canvas) {
    const transform = similarity(points, CHIP_POINTS);
    if (!transform) {
        return null;
    }
    canvas.width = canvas.height = CHIP_PX;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.setTransform(...transform);
    context.drawImage(picture, 0, 0);
    return context.getImageData(0, 0, CHIP_PX, CHIP_PX).data;
}
