/**
 * One face of a picture, measured as the recognition service measures it.
 *
 * The pages' mesh is not the service's detector: its faces are higher, and it pulls its points
 * towards an upright, frontal face. What it says is multiplied by three factors, which
 * `python -m tests.bench.agreement` fits on posed and spoilt photos, and prints with what error is
 * left. The service judges anew whatever is sent.
 */

import { chipOf } from "./frames";
import { cutPart, light, pose } from "./measures";

export const AS_THE_SERVICE = { height: 1.14, roll: 0.25, offset: 0.58 };

/**
 * @param picture a canvas
 * @param face as FaceFinder finds it
 * @param canvas to draw the aligned face on
 * @returns {height, part, cut, roll, offset, openness} and, if the face has a shape, {brightness,
 *   burnt, sharpness}; see guidance.js
 */
export function measureFace(picture, face, canvas) {
    const { width, height } = picture;
    const rgba = chipOf(picture, face.points, canvas);
    const { roll, offset } = pose(face.points);
    const faceHeight = AS_THE_SERVICE.height * face.height;
    return {
        height: faceHeight,
        part: faceHeight / height,
        cut: cutPart(face.points, width, height),
        roll: roll * AS_THE_SERVICE.roll,
        offset: offset * AS_THE_SERVICE.offset,
        openness: face.openness,
        ...(rgba ? light(rgba) : {}),
    };
}
