/** Files as the pieces in which they travel; pure, so that it can be tested without a server. */

export const PIECE_BYTES = 8 * 1024 * 1024 - 1024;
const NOISE = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$|__MACOSX\/)/i;

/**
 * What a choice of files is called on the server: a folder's photos keep the folders below the
 * one that was chosen, because a folder may name the person.
 *
 * @param {File} file
 * @returns {string}
 */
export function nameOf(file) {
    const path = file.webkitRelativePath || file.name;
    return path.includes("/") ? path.slice(path.indexOf("/") + 1) : path;
}

/**
 * @param {File[]} files
 * @returns {{ file: File, name: string, position: number, size: number }[]} in order; what
 *   operating systems leave behind and empty files are not among them.
 */
export function piecesOf(files) {
    const pieces = [];
    for (const file of files) {
        const name = nameOf(file);
        if (NOISE.test(name)) {
            continue;
        }
        for (let position = 0; position < file.size; position += PIECE_BYTES) {
            const size = Math.min(PIECE_BYTES, file.size - position);
            pieces.push({ file, name, position, size });
        }
    }
    return pieces;
}
