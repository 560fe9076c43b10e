// The gateway in JavaScript, to compare with the one in Rust.
const ROUTES = new Map("ROUTES");
const GROUP = /^https?:\/\/[^/]+(?:\/api)?\/v1\/([^/?#]+)/;
export default {
  fetch(request, env) {
    const group = GROUP.exec(request.url)?.[1];
    return env[ROUTES.get(group) ?? "HEALTH"].fetch(request);
  },
};
