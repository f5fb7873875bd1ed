# The trainer with the GPU build of TensorFlow, which brings the CUDA libraries along; the host
# needs the driver and the NVIDIA container toolkit.
#
#   docker build -t catdcgan .
#   docker run --gpus all --stop-timeout 120 -v "$PWD:/work" catdcgan --lr_d 2e-4 --lr_g 2e-4
#
# Pictures are looked for in ./data and runs are kept in ./checkpoints of the mounted folder.
FROM python:3.11-slim

WORKDIR /opt/catdcgan
COPY setup.py pyproject.toml README.md LICENSE ./
COPY catdcgan catdcgan
RUN pip install --no-cache-dir '.[gpu]'

WORKDIR /work
ENTRYPOINT ["catdcgan-supervise", "/work"]
