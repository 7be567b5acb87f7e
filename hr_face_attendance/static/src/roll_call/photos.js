import { redrawn } from "../camera/redraw";
import { newUuid } from "../kiosk/uuid";

const LONGEST_PX = 4096;
const QUALITY = 0.9;

/**
 * A photo as it travels, of a size that the service takes.
 *
 * @param {File} file
 * @returns {{ uuid, blob, url, taken } | null} null for what is no picture
 */
export async function prepared(file) {
    const drawn = await redrawn(file, LONGEST_PX, QUALITY);
    return (
        drawn && {
            uuid: newUuid(),
            blob: drawn.blob,
            url: URL.createObjectURL(drawn.blob),
            taken: new Date(file.lastModified),
        }
    );
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
