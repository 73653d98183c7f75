# syntax=docker/dockerfile:1
# An org in a container: `docker build -t chatlift .`; docs/container.md says how to run it.
FROM python:3.13-slim AS wheel
WORKDIR /source
COPY pyproject.toml README.md LICENSE __init__.py __main__.py py.typed ./
COPY emulator emulator
COPY fixtures fixtures
COPY migrate migrate
COPY schemas schemas
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir "chatlift[postgres] @ file://$(echo /wheels/chatlift-*.whl)" \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin chatlift \
    && install --directory --owner=chatlift --mode=0700 /data
# Certificates are kept in /data; mount a volume there, or clients have to trust a new authority after each start.
ENV CHATLIFT_HOME=/data PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
VOLUME /data
WORKDIR /data
USER 10001
EXPOSE 8443 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:8080/services/data', timeout=2)"]
ENTRYPOINT ["chatlift"]
CMD ["serve", "--host", "0.0.0.0"]
