# Stillmotion in a container: docs/operators/docker.md.
#
# The base is pinned by its tag, which gets the security updates of Python 3.13 and Debian 13. Its digest is for
# whoever builds: --build-arg BASE=python:3.13-slim-trixie@sha256:…
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
# Locks in requirements/ to install beside the runtime's, such as "marks" or "marks nsfw".
ARG EXTRAS=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements requirements
RUN python -m venv --without-pip /opt/stillmotion \
    && for lock in runtime ${EXTRAS}; do \
        python -m pip --python /opt/stillmotion/bin/python install --no-cache-dir --only-binary :all: \
            --require-hashes -r "requirements/${lock}.lock" || exit 1; \
    done
RUN python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --no-cache-dir --only-binary :all: --require-hashes \
        -r requirements/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
RUN /opt/build/bin/python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /opt/wheels . \
    && python -m pip --python /opt/stillmotion/bin/python install --no-cache-dir --no-deps --no-index \
        /opt/wheels/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="Stillmotion" \
    org.opencontainers.image.description="A self-hosted Discord bot that turns prompts and pictures into short videos" \
    org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 stillmotion \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin stillmotion \
    && install --directory --owner=10001 --group=10001 --mode=700 /data
COPY --from=build /opt/stillmotion /opt/stillmotion
# A process that systemd or Docker aborts says in the log where it was.
ENV PATH="/opt/stillmotion/bin:${PATH}" DATA_DIR=/data PYTHONFAULTHANDLER=1 PYTHONUNBUFFERED=1
WORKDIR /data
VOLUME /data
USER 10001:10001
STOPSIGNAL SIGTERM
# The bot touches its file every 5 seconds while its event loop and its database answer: alive, or alive-COMMAND-HOST of
# a gateway and a worker. A start may migrate.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 CMD ["python", "-I", "-S", "-c", "import os, socket, sys, time; names = ['alive'] + ['alive-' + command + '-' + socket.gethostname() for command in ('gateway', 'worker')]; paths = [os.path.join(os.environ['DATA_DIR'], name) for name in names]; sys.exit(all(time.time() - os.stat(path).st_mtime > 60 for path in paths if os.path.exists(path)))"]
ENTRYPOINT ["stillmotion"]
CMD ["run"]
