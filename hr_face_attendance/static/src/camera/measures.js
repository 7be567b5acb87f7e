/**
 * What can be measured of one face, as `device_bridge/domain/quality.py` measures it: the same
 * formulas on the same aligned chip, so that the same thresholds (see guidance.js) can be used.
 * Pure: points and pixels in, numbers out.
 *
 * Points are [x, y] in pixels of the picture, in YuNet's order: right eye, left eye, nose, right
 * and left corner of the mouth; right and left are the person's own.
 */

export const CHIP_PX = 150;
const WHITE = 250;
const BIN = 3;

/** Where the five points lie in a chip (dlib's 150 px frame). */
export const CHIP_POINTS = [
    [46.986, 45.455],
    [101.624, 45.455],
    [74.305, 77.473],
    [50.548, 100.561],
    [98.063, 100.561],
];

/**
 * The similarity [a, b, c, d, e, f], as canvas writes it, that brings `from` closest to `to`
 * (least squares; a point as a complex number makes it one division). Null if there is none.
 */
export function similarity(from, to) {
    const mean = (points, axis) => points.reduce((sum, p) => sum + p[axis], 0) / points.length;
    const [fx, fy, tx, ty] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
    let [re, im, norm] = [0, 0, 0];
    from.forEach(([x, y], i) => {
        const [dx, dy, ex, ey] = [x - fx, y - fy, to[i][0] - tx, to[i][1] - ty];
        re += dx * ex + dy * ey;
        im += dx * ey - dy * ex;
        norm += dx * dx + dy * dy;
    });
    if (!(norm > 0)) {
        return null;
    }
    const [a, b] = [re / norm, im / norm];
    return [a, b, -b, a, tx - a * fx + b * fy, ty - b * fx - a * fy];
}

/** {roll (degrees), offset}: see `pose` of quality.py. A positive offset: turned to the left. */
export function pose([right, left, nose]) {
    const [ax, ay] = [left[0] - right[0], left[1] - right[1]];
    const squared = ax * ax + ay * ay;
    const [mx, my] = [(right[0] + left[0]) / 2, (right[1] + left[1]) / 2];
    return {
        roll: (Math.atan2(ay, ax) * 180) / Math.PI,
        offset: ((nose[0] - mx) * ax + (nose[1] - my) * ay) / squared,
    };
}

/** Share of the face outside a picture of `width` × `height`, 0–1, by where it must be. */
export function cutPart([right, left], width, height) {
    const [ax, ay] = [left[0] - right[0], left[1] - right[1]];
    const [mx, my] = [(right[0] + left[0]) / 2, (right[1] + left[1]) / 2];
    const steps = 13;
    let outside = 0;
    for (let i = 0; i < steps; i++) {
        for (let j = 0; j < steps; j++) {
            const across = -0.9 + (1.8 * i) / (steps - 1);
            const down = -0.6 + (2.1 * j) / (steps - 1);
            const x = mx + across * ax - down * ay;
            const y = my + across * ay + down * ax;
            outside += x < 0 || y < 0 || x > width || y > height;
        }
    }
    return outside / (steps * steps);
}

/** {brightness, burnt, sharpness} of a chip's middle; `rgba` as canvas gives it. */
export function light(rgba, side = CHIP_PX) {
    const [top, bottom] = [Math.floor((side * 12) / 50), Math.floor((side * 38) / 50)];
    const [start, end] = [Math.floor((side * 13) / 50), Math.floor((side * 37) / 50)];
    const [width, height] = [end - start, bottom - top];
    const grey = new Float32Array(width * height);
    let [sum, burnt] = [0, 0];
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const at = 4 * ((top + y) * side + start + x);
            const level = 0.299 * rgba[at] + 0.587 * rgba[at + 1] + 0.114 * rgba[at + 2];
            grey[y * width + x] = level;
            sum += level;
            burnt += level >= WHITE;
        }
    }
    const binned = bins(grey, width, height);
    return {
        brightness: sum / grey.length,
        burnt: burnt / grey.length,
        sharpness: sharpness(binned.grey, binned.width, binned.height),
    };
}

function bins(grey, width, height) {
    const [w, h] = [Math.floor(width / BIN), Math.floor(height / BIN)];
    const means = new Float32Array(w * h);
    for (let y = 0; y < h * BIN; y++) {
        for (let x = 0; x < w * BIN; x++) {
            means[Math.floor(y / BIN) * w + Math.floor(x / BIN)] +=
                grey[y * width + x] / (BIN * BIN);
        }
    }
    return { grey: means, width: w, height: h };
}

/** Least variance of the second difference over the four directions, over the mean. */
export function sharpness(grey, width, height) {
    const directions = [
        [1, 1],
        [width, 1],
        [width + 1, 2],
        [width - 1, 2],
    ];
    const total = grey.reduce((sum, level) => sum + level, 0);
    let least = Infinity;
    for (const [step, squared] of directions) {
        let [sum, squares, n] = [0, 0, 0];
        for (let y = 1; y < height - 1; y++) {
            for (let x = 1; x < width - 1; x++) {
                const at = y * width + x;
                const second = grey[at - step] + grey[at + step] - 2 * grey[at];
                sum += second;
                squares += second * second;
                n += 1;
            }
        }
        least = Math.min(least, (squares / n - (sum / n) ** 2) / squared);
    }
    return least / Math.max(total / grey.length, 1);
}
