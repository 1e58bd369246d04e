# Slipway's image. API and worker are the same one, told apart by their command (docker-compose.yml).
# BASE: any Debian with Node 20.19 or newer and npm.
ARG BASE=node:24.21.0-bookworm-slim

FROM ${BASE} AS base
# Python runs the keeper that git runs under.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git passwd python3 util-linux \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt \
 && useradd --uid 10001 --user-group --create-home slipway \
 && install -d -o slipway -g slipway -m 0700 /var/lib/slipway \
 && install -d -o slipway -g slipway -m 0755 /certificates/server /certificates/client

FROM base AS build
WORKDIR /opt/slipway
COPY package.json package-lock.json ./
# Not `npm ci`: see scripts/bootstrap.mjs.
RUN npm install --no-save --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/fetch-temporal-ui.mjs scripts/
COPY src src
COPY locales locales
RUN npm run --silent build
# Temporal's Web UI: where the proxy of Go modules can't be reached, the image is made without it.
ARG GOPROXY=
RUN mkdir /cache && node scripts/fetch-temporal-ui.mjs /cache
# Temporal's native core comes for five platforms; what neither Node nor Slipway reads at run time goes, too.
RUN npm prune --omit=dev --no-audit --no-fund --loglevel=error \
 && cd node_modules/@temporalio/core-bridge \
 && find releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
 && rm -rf sdk-core src bridge-macros \
 && cd /opt/slipway \
 && find node_modules -name '*.map' -delete -o -name '*.d.ts' -delete -o -name '*.d.mts' -delete -o -name '*.d.cts' -delete

FROM base
WORKDIR /opt/slipway
COPY --from=build /opt/slipway/package.json ./
COPY --from=build /opt/slipway/node_modules node_modules
COPY --from=build /opt/slipway/dist dist
COPY examples examples
COPY locales locales
# Where src/programs.ts looks for it.
COPY --from=build /cache /home/slipway/.cache/slipway
USER slipway
# Arenas: as `npm start` does it (src/start.ts).
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=2 MALLOC_ARENA_MAX=2 \
    SLIPWAY_DATA_DIR=/var/lib/slipway SLIPWAY_INSTALL_TOOLS=0
EXPOSE 8088
CMD ["node", "dist/api/main.js"]
