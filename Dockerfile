# Oqu in a container: docker build -t oqu . && docker run -p 8000:8000 -v oqu:/data -e OQU_TOKEN=choose-one oqu
# A smaller image without a GPU: --build-arg TORCH_ARGS="--extra-index-url <the CPU index of torch>"

FROM node:20-slim AS page
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim AS parts
ARG TORCH_ARGS=""
WORKDIR /build
RUN python -m venv /opt/oqu
COPY constraints.txt pyproject.toml ./
# The pinned parts first: they change seldom, so this layer is built once. SC2086: TORCH_ARGS may be several words.
# hadolint ignore=SC2086
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needs.txt \
    && /opt/oqu/bin/pip install --no-cache-dir -c constraints.txt $TORCH_ARGS -r needs.txt
COPY README.md hatch_build.py ./
COPY models/ models/
COPY server/ server/
COPY --from=page /build/server/static/ server/static/
# The page is built already and there is no frontend folder here, so the build hook has nothing to do.
RUN /opt/oqu/bin/pip install --no-cache-dir "hatchling>=1.27" \
    && /opt/oqu/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/oqu/bin/pip uninstall --yes hatchling

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 oqu && install -d -o oqu -g oqu /data
COPY --from=parts /opt/oqu /opt/oqu
ENV PATH=/opt/oqu/bin:$PATH OQU_HOME=/data PYTHONUNBUFFERED=1
USER 10001
WORKDIR /home/oqu
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/health', timeout=2)"]
ENTRYPOINT ["oqu"]
CMD ["serve", "--host", "0.0.0.0", "--no-browser"]
