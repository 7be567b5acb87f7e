import { squareAround } from "./plan";

const LONGEST_PX = 1600;
const SHOWN_PX = 160;

/**
 * A picture of a person's own, turned the right way up and of a size that travels well.
 *
 * @param file any picture that the browser can read
 * @returns {blob, image}: a JPEG, and the same as something that can be drawn; null if the
 *     file is no picture
 */
export async function readPicture(file) {
    let image;
    try {
        image = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
        return null;
    }
    const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
    return blob && { blob, image: canvas };
}

/** The face of a picture as a small data URL to show; `box` null: its middle. */
export function cropOf(image, box) {
    const { x, y, side } = squareAround(box, image.width, image.height);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SHOWN_PX;
    canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, SHOWN_PX, SHOWN_PX);
    return canvas.toDataURL("image/jpeg", 0.8);
}
