import { redrawn } from "../camera/redraw";
import { squareAround } from "./plan";

const LONGEST_PX = 1600;
const QUALITY = 0.92;
const SHOWN_PX = 160;

/**
 * A picture of a person's own, of a size that travels well.
 *
 * @param file any picture that the browser can read
 * @returns {blob, image}: a JPEG, and the same as something that can be drawn; null if the
 *     file is no picture
 */
export async function readPicture(file) {
    const drawn = await redrawn(file, LONGEST_PX, QUALITY);
    return drawn && { blob: drawn.blob, image: drawn.canvas };
}

/** The face of a picture as a small data URL to show; `box` null: its middle. */
export function cropOf(image, box) {
    const { x, y, side } = squareAround(box, image.width, image.height);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SHOWN_PX;
    canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, SHOWN_PX, SHOWN_PX);
    return canvas.toDataURL("image/jpeg", 0.8);
}
