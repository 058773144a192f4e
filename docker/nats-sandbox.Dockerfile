# nats-sandbox and a nats-server in one image, for machines and CI jobs without Node. One command builds it:
#   docker build -t nats-sandbox -f docker/nats-sandbox.Dockerfile https://github.com/nats-sandbox/nats-sandbox.git
# In place of the address: `.` in a clone, or in the folder of the installed package, node_modules/nats-sandbox.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG NATS_IMAGE=nats:2.15.1

FROM ${NATS_IMAGE} AS nats

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY . ./
# A clone is compiled here; the package is compiled already, and has no lock file.
RUN if [ -d src ]; \
    then npm ci --ignore-scripts && npm run --silent build && npm prune --omit=dev --ignore-scripts; \
    else npm pkg delete devDependencies && npm install --ignore-scripts --no-package-lock; \
    fi
# Readable for any user, whatever the umask of the clone was.
RUN mkdir -p /image/lib/nats-sandbox /image/bin \
 && cp -R LICENSE package.json certs dist docker node_modules templates /image/lib/nats-sandbox/ \
 && ln -s ../lib/nats-sandbox/dist/cli/main.js /image/bin/nats-sandbox \
 && chmod -R a+rX /image \
 && chmod a+x /image/bin/nats-sandbox

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="nats-sandbox" \
      org.opencontainers.image.source="https://github.com/nats-sandbox/nats-sandbox" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=nats /nats-server /usr/local/bin/nats-server
COPY --from=build /image/ /usr/local/
# All that is written is below /tmp: any user may write there, and in a read-only container it can be a tmpfs.
ENV NATS_SANDBOX_HOME=/tmp/nats-sandbox NATS_SANDBOX_CACHE=/tmp/nats-sandbox-cache
WORKDIR /tmp
USER 1000:1000
ENTRYPOINT ["/bin/sh", "/usr/local/lib/nats-sandbox/docker/entrypoint.sh"]
CMD ["--help"]
