// The page: a socket to the bridge on this machine, a camera if the gate has none, a screen.

import { CameraTrouble, openCamera, takeFrame } from "./camera.js";
import { atFirst, directionOf, languageOf, later, MARKS, told } from "./view.js";

const SESSION = "device-bridge-session";
const AGAIN_MS = 1000;
const REFUSED = 4401;
const texts = await (await fetch("texts.json")).json();
const element = (id) => document.getElementById(id);
const video = element("video");
const canvas = document.createElement("canvas");

let state = atFirst();
let socket = null;
let closeCamera = null;

function say(message) {
    state = told(state, message, Date.now());
    render();
}

function own(code) {
    return texts[languageOf(state.language, texts)][code];
}

function put(id, text, language) {
    const target = element(id);
    if (target.textContent !== text) {
        target.textContent = text;
    }
    target.lang = language;
    target.dir = directionOf(language);
}

function render() {
    const language = languageOf(state.language, texts);
    document.documentElement.lang = language;
    document.documentElement.dir = directionOf(language);
    document.title = state.gate || "Face Attendance";
    put("gate", state.gate, language);
    element("link").hidden = state.up && state.ready;
    put("link", own(state.ready ? "offline" : "starting"), language);
    const { answer, guide, trouble } = state;
    document.body.dataset.signal = answer ? answer.signal : "none";
    element("answer").hidden = !answer;
    if (answer) {
        put("text", answer.text, answer.language);
        put("detail", answer.detail, languageOf(state.language, texts));
        element("mark").textContent = MARKS[answer.signal];
    }
    put("guide", guide ? guide.text : "", guide ? guide.language : language);
    element("trouble").hidden = !trouble;
    if (trouble) {
        put("problem", own(trouble), language);
        put("again", own("again"), language);
        element("again").hidden = trouble === "closed" || trouble === "connecting";
    }
    put("clock", new Date().toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" }), language);
}

function secret() {
    const key = location.hash.slice(1);
    if (key) {
        // out of the address, so that nobody reads it off the screen
        history.replaceState(null, "", location.pathname);
    }
    return key || localStorage.getItem(SESSION) || "";
}

function connect(offered) {
    socket = new WebSocket(`ws://${location.host}/socket`);
    socket.binaryType = "blob";
    socket.addEventListener("open", () => socket.send(JSON.stringify({ secret: offered })));
    socket.addEventListener("message", ({ data }) =>
        typeof data === "string" ? take(JSON.parse(data)) : show(data)
    );
    socket.addEventListener("close", ({ code }) => {
        if (code === REFUSED) {
            say({ type: "trouble", code: "refused" });
        } else if (code === 1000) {
            stopCamera();
            say({ type: "trouble", code: "closed" });
        } else {
            say({ type: "trouble", code: "connecting" });
            setTimeout(() => connect(localStorage.getItem(SESSION) || offered), AGAIN_MS);
        }
    });
}

async function take(message) {
    if (message.type === "taken") {
        await sendFrame();
        return;
    }
    say(message);
    if (message.type === "welcome") {
        localStorage.setItem(SESSION, message.session);
        video.hidden = !message.feeds;
        element("picture").hidden = message.feeds;
        if (message.feeds) {
            await feed();
        }
    }
}

async function feed() {
    try {
        closeCamera ??= await openCamera(video, () => {
            stopCamera();
            say({ type: "trouble", code: "camera_missing" });
        });
        await sendFrame();
    } catch (error) {
        if (!(error instanceof CameraTrouble)) {
            throw error;
        }
        say({ type: "trouble", code: error.message });
    }
}

function stopCamera() {
    closeCamera?.();
    closeCamera = null;
}

async function sendFrame() {
    const target = socket;
    const frame = closeCamera && (await takeFrame(video, canvas));
    if (frame && target.readyState === WebSocket.OPEN) {
        target.send(frame);
    } else if (closeCamera && target === socket) {
        setTimeout(sendFrame, 100);
    }
}

async function show(blob) {
    const picture = await createImageBitmap(blob);
    const target = element("picture");
    target.width = picture.width;
    target.height = picture.height;
    target.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
}

async function stayAwake() {
    if (document.visibilityState === "visible") {
        // refused on battery savers; the screen then goes dark as the system says
        await navigator.wakeLock?.request("screen").catch(() => null);
    }
}

element("again").addEventListener("click", () => location.reload());
document.addEventListener("visibilitychange", stayAwake);
setInterval(() => {
    state = later(state, Date.now());
    render();
}, 250);
render();
connect(secret());
await stayAwake();
