/** Pictures of a playing video: as JPEG for the service, and as an aligned chip to measure. */

import { CHIP_POINTS, CHIP_PX, similarity } from "./measures";

export const MOST_BYTES = 100 * 1000;
const MOST_PX = 640;
const QUALITIES = [0.9, 0.8, 0.65, 0.5, 0.35];

/** A JPEG of at most MOST_BYTES, its longer side at most MOST_PX; null if there is no picture. */
export async function toJpeg(video, canvas = document.createElement("canvas")) {
    const [width, height] = [video.videoWidth, video.videoHeight];
    if (!width || !height) {
        return null;
    }
    const scale = Math.min(1, MOST_PX / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    let blob = null;
    for (const quality of QUALITIES) {
        blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
        if (!blob || blob.size <= MOST_BYTES) {
            break;
        }
    }
    return blob;
}

/** RGBA pixels of the face with these five points, CHIP_PX square; null if it has no shape. */
export function chipOf(video, points, canvas) {
    const transform = similarity(points, CHIP_POINTS);
    if (!transform) {
        return null;
    }
    canvas.width = canvas.height = CHIP_PX;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.setTransform(...transform);
    context.drawImage(video, 0, 0);
    return context.getImageData(0, 0, CHIP_PX, CHIP_PX).data;
}
