/** The camera's stream, and its failures as one of a few codes (words.js says them). */

const WISH = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } };

export class CameraProblem extends Error {
    /** @param code of words.js */
    constructor(code) {
        super(code);
        this.code = code;
    }
}

/** The code for what getUserMedia threw. */
export function problemOf(error) {
    const codes = {
        NotAllowedError: "denied",
        SecurityError: "denied",
        NotFoundError: "missing",
        OverconstrainedError: "missing",
        NotReadableError: "busy",
        AbortError: "busy",
    };
    return codes[error?.name] ?? "failed";
}

/**
 * Start the camera that faces the person.
 *
 * @param media navigator.mediaDevices, absent where the page is not secure
 * @throws CameraProblem
 */
export async function openCamera(media = navigator.mediaDevices) {
    if (!media?.getUserMedia) {
        throw new CameraProblem("insecure");
    }
    try {
        return await media.getUserMedia({ audio: false, video: { facingMode: "user", ...WISH } });
    } catch (error) {
        throw new CameraProblem(problemOf(error));
    }
}

export function closeCamera(stream) {
    stream?.getTracks().forEach((track) => track.stop());
}
