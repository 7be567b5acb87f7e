import { newUuid } from "../kiosk/uuid";

const LONGEST_PX = 4096;
const QUALITY = 0.9;

/**
 * A photo as it travels: upright, of a size that the service takes, and without the place and
 * the device that phones write into theirs.
 *
 * @param {File} file
 * @returns {{ uuid, blob, url, taken } | null} null for what is no picture
 */
export async function prepared(file) {
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
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (!blob) {
        return null;
    }
    return {
        uuid: newUuid(),
        blob,
        url: URL.createObjectURL(blob),
        taken: new Date(file.lastModified),
    };
}

/** Send one; the same one again is the same. Throws an Error in the server's words. */
export async function send(call, photo, unreachable) {
    let answer;
    try {
        answer = await fetch(`/hr_face_attendance/roll-call/${call}/photo`, {
            method: "POST",
            headers: {
                "Content-Type": "application/octet-stream",
                "X-CSRF-Token": odoo.csrf_token,
                "X-Photo": photo.uuid,
            },
            body: photo.blob,
        });
    } catch (error) {
        throw new Error(unreachable, { cause: error });
    }
    if (!answer.ok) {
        const told = await answer.json().catch(() => ({}));
        throw new Error(told.error?.message || unreachable);
    }
}
