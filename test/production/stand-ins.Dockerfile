# The images that docker-compose.yml names, where none can be pulled: the same programs and versions (PostgreSQL: the
# distribution's), under the same names, users and paths, on any Debian with Python. Made by images.ts.
ARG BASE
FROM ${BASE} AS postgres
RUN apt-get update && apt-get install -y -q --no-install-recommends postgresql && rm -rf /var/lib/postgresql/*/main
COPY postgres.sh /usr/local/bin/docker-entrypoint.sh
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/docker-entrypoint.sh"]

FROM ${BASE} AS temporal
RUN apt-get update && apt-get install -y -q --no-install-recommends netcat-openbsd wget \
 && useradd --uid 1000 --create-home temporal
USER temporal

FROM temporal AS server
COPY temporal-server /usr/local/bin/
WORKDIR /etc/temporal

FROM temporal AS admin-tools
COPY temporal-sql-tool temporal /usr/local/bin/
WORKDIR /etc/temporal
