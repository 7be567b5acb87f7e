// The rules that Odoo's own front-end tooling asks for.
import js from "@eslint/js";
import globals from "globals";

export default [
    js.configs.recommended,
    {
        files: ["hr_face_attendance/static/**/*.js"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, odoo: "readonly", luxon: "readonly" },
        },
        rules: {
            "no-restricted-globals": ["error", "event", "self"],
            "no-duplicate-imports": "error",
            "no-unused-vars": ["error", { args: "none", caughtErrors: "all" }],
            curly: ["error", "all"],
            "prefer-const": ["error", { destructuring: "all", ignoreReadBeforeAssign: true }],
            "arrow-body-style": ["error", "as-needed"],
        },
    },
    {
        // A service worker has no window, and `self` is its global object.
        files: ["hr_face_attendance/static/**/*service_worker*.js"],
        languageOptions: { globals: globals.serviceworker },
        rules: { "no-restricted-globals": ["error", "event"] },
    },
];
