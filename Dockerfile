# Serves a trained network on CPUs. The folder /model holds an exported file:
#   docker build -t hrvit .
#   docker run --rm -p 7860:7860 -v "$PWD/model:/model:ro" hrvit /model/b1.onnx
FROM python:3.12-slim

# OpenCV needs both libraries.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/hrvit
COPY requirements.txt setup.py pyproject.toml README.md model-index.yml ./
COPY configs configs
COPY tools tools
COPY hrvit_cli hrvit_cli
COPY mmseg_hrvit mmseg_hrvit
# To get torch's much smaller wheels for CPUs, build with --build-arg PIP_EXTRA_INDEX_URL.
ARG PIP_EXTRA_INDEX_URL
RUN pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir '.[serve,export]'

RUN useradd --create-home hrvit
USER hrvit
WORKDIR /home/hrvit
EXPOSE 7860
ENTRYPOINT ["hrvit", "serve", "--host", "0.0.0.0"]
CMD ["--help"]
