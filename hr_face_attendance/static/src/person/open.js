/**
 * Hands the secret of a link over. It is in the fragment of the page's address, which browsers send
 * to no server and write into no log; from here on it is not in the browser's history either.
 */

const form = document.getElementById("open");
const secret = window.location.hash.slice(1);
if (form && secret) {
    window.history.replaceState(null, "", window.location.pathname);
    form.elements.secret.value = secret;
    form.submit();
}
