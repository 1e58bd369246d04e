# A host with systemd, and Slipway where docs/how-to/run-with-systemd.md and docs/how-to/one-server.md put it.
FROM slipway-test/slipway
USER root
RUN apt-get update && apt-get install -y -q --no-install-recommends curl python3-venv systemd systemd-sysv \
 && userdel --remove slipway && rm -rf /var/lib/slipway \
 && ln -s /usr/local/bin/node /usr/bin/node
COPY temporal slipway-temporal /usr/local/bin/
COPY temporal.service /etc/systemd/system/
COPY deploy /opt/slipway/deploy
COPY app /srv/slipway/app
STOPSIGNAL SIGRTMIN+3
