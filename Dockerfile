# The service on a CPU.
#
#   docker build -t assistant .
#   docker run --rm -v assistant-data:/data assistant models pull    (or mount weights at /data/models)
#   docker run -p 8000:8000 -v assistant-data:/data -e ASSISTANT_TOKEN=... --stop-timeout 30 assistant
#
# With the default weights inside the image, for machines that are never online:
#   docker build --target with-weights -t assistant:with-weights .

FROM python:3.11-slim AS build
RUN python -m venv /opt/assistant
WORKDIR /source
COPY requirements.lock ./
RUN /opt/assistant/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY models ./models
COPY assistant ./assistant
RUN /opt/assistant/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM build AS weights
RUN /opt/assistant/bin/assistant models pull --models-dir /weights

FROM python:3.11-slim AS service
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin assistant \
    && mkdir /data \
    && chown assistant:assistant /data
COPY --from=build /opt/assistant /opt/assistant
ENV PATH=/opt/assistant/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ASSISTANT_HOST=0.0.0.0 \
    ASSISTANT_PORT=8000 \
    ASSISTANT_DATA_DIR=/data \
    ASSISTANT_LOG_FORMAT=json
# No library speaks to its maker; assistant/operations/offline.py gives the reasons, and turns these again.
ENV ORT_DISABLE_TELEMETRY=1 \
    HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    HF_HUB_DISABLE_UPDATE_CHECK=1 \
    HF_HUB_DISABLE_IMPLICIT_TOKEN=1 \
    HF_HUB_DISABLE_XET=1 \
    DO_NOT_TRACK=1 \
    FASTAPI_OTEL_AUTO_CONFIGURE=false \
    OTEL_SDK_DISABLED=true \
    OTEL_TRACES_EXPORTER=none \
    OTEL_METRICS_EXPORTER=none \
    OTEL_LOGS_EXPORTER=none \
    PYDANTIC_DISABLE_PLUGINS=__all__
USER 10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
# What is in the image is under many licences: "assistant licences" lists them, scripts/sbom writes them down. The
# wheel of PyAV brings the encoders x264 and x265 (GPL-2.0-or-later), so whoever passes the image on does so under the
# terms of the GPL for them; decision 0016 says what follows.
LABEL org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-or-later AND LGPL-3.0-or-later AND AGPL-3.0-only AND MPL-2.0" \
    org.opencontainers.image.description="Meeting assistant. Contains x264 and x265 (GPL) in PyAV and minisbd (AGPL): run 'assistant licences'."
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["assistant"]
CMD ["serve"]

FROM service AS with-weights
COPY --from=weights /weights /opt/weights
ENV ASSISTANT_MODELS_DIR=/opt/weights

# What is built when no target is named.
FROM service
