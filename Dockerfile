# The server, on the CPU. It listens to the world inside its container, so it starts only when
# somebody has a key:
#
#   docker build -t pagesight .
#   docker run --rm -v pagesight-config:/config pagesight keys add me --write
#   docker run -p 127.0.0.1:8080:8080 -v pagesight-data:/data -v pagesight-config:/config pagesight

FROM python:3.11-slim AS build
WORKDIR /build
# What the lock names, checked by its hashes. Most of it is torch with the libraries of GPUs, which
# this torch does not start without.
COPY requirements.lock ./
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir /wheels --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY prompts prompts
COPY pipelines pipelines
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-index --find-links /wheels hatchling \
    && /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv /opt/pagesight \
    && /opt/pagesight/bin/pip install --no-index --find-links /wheels "pagesight[s3]"

FROM python:3.11-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-eng \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin pagesight \
    && install --directory --owner pagesight --group pagesight --mode 700 /data /config
COPY --from=build /opt/pagesight /opt/pagesight
ENV PATH=/opt/pagesight/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PAGESIGHT_LIBRARY=/data/library \
    PAGESIGHT_KEYS=/config/keys.json \
    PAGESIGHT_CACHE=/data/cache \
    HF_HOME=/data/cache/huggingface
USER pagesight
WORKDIR /data
VOLUME ["/data", "/config"]
EXPOSE 8080
# At its first start it makes the text model ready for the machine.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["pagesight"]
CMD ["serve", "--host", "0.0.0.0"]
