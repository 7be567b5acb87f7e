import { expect, test } from "@odoo/hoot";
import { nameOf, PIECE_BYTES, piecesOf } from "@hr_face_attendance/import/pieces";

/** A File that takes no memory. */
function file(name, size, path = "") {
    return { name, size, webkitRelativePath: path };
}

test("a folder's photos keep the folders below the one that was chosen", () => {
    expect(nameOf(file("1.jpg", 9, "photos/B017/1.jpg"))).toBe("B017/1.jpg");
    expect(nameOf(file("B017.jpg", 9, "photos/B017.jpg"))).toBe("B017.jpg");
    expect(nameOf(file("B017.jpg", 9))).toBe("B017.jpg");
});

test("a large file travels in pieces that cover it exactly", () => {
    const pieces = piecesOf([file("photos.zip", 2 * PIECE_BYTES + 5)]);
    expect(pieces.map((piece) => [piece.position, piece.size])).toEqual([
        [0, PIECE_BYTES],
        [PIECE_BYTES, PIECE_BYTES],
        [2 * PIECE_BYTES, 5],
    ]);
});

test("what systems leave behind and empty files stay where they are", () => {
    const files = [
        file(".DS_Store", 9, "photos/.DS_Store"),
        file("._B017.jpg", 9, "photos/__MACOSX/._B017.jpg"),
        file("Thumbs.db", 9, "photos/B017/Thumbs.db"),
        file("B018.jpg", 0, "photos/B018.jpg"),
        file("B017.jpg", 9, "photos/B017.jpg"),
    ];
    expect(piecesOf(files).map((piece) => piece.name)).toEqual(["B017.jpg"]);
});
