// The browser's camera: opened with a reason in words when it cannot be, and read as JPEG.

const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" };
const QUALITY = 0.85;
const REASONS = {
    NotAllowedError: "camera_denied",
    SecurityError: "camera_denied",
    NotFoundError: "camera_missing",
    OverconstrainedError: "camera_missing",
    NotReadableError: "camera_busy",
    AbortError: "camera_busy",
};

export class CameraTrouble extends Error {}

// Shows the camera in `video`. Throws CameraTrouble with the code of a text.
export async function openCamera(video, onEnd) {
    if (!navigator.mediaDevices) {
        throw new CameraTrouble("not_local");
    }
    let stream;
    try {
        stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
    } catch (error) {
        throw new CameraTrouble(REASONS[error.name] ?? "camera_busy");
    }
    stream.getVideoTracks()[0].addEventListener("ended", onEnd);
    video.srcObject = stream;
    await video.play();
    return () => stream.getTracks().forEach((track) => track.stop());
}

// The picture of this moment as a JPEG, or null while there is none.
export async function takeFrame(video, canvas) {
    if (!video.videoWidth) {
        return null;
    }
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
