# syntax=docker/dockerfile:1
# The self-hosted gateway (docs/self-hosting.md): an image of the binary and what it is linked to.

# The dashboard, which the binary embeds.
FROM node:22-bookworm-slim AS dashboard
WORKDIR /src
COPY dashboard/package.json dashboard/package-lock.json dashboard/
RUN npm ci --prefix dashboard --ignore-scripts
COPY dashboard dashboard
COPY sdks/js/src sdks/js/src
RUN npm run build --prefix dashboard

FROM rust:1.91-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=dashboard /src/dashboard/dist dashboard/dist
RUN cargo build --release --locked -p openclaw-server \
    && mkdir -p /out/data \
    && cp target/release/openclaw-api /out/

# No shell, no package manager; the user is 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/openclaw-api /usr/local/bin/openclaw-api
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
# The one folder that is written to: the rest may be read-only.
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["openclaw-api", "health", "--config", "/etc/openclaw/openclaw.toml"]
ENTRYPOINT ["openclaw-api"]
CMD ["serve", "--config", "/etc/openclaw/openclaw.toml", "--data", "/data"]
