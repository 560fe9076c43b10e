// The limit of the platform: hands the request on to the upstream, and its answer back.
export default {
  fetch: (request, env) => fetch(env.UPSTREAM + new URL(request.url).pathname, request),
};
