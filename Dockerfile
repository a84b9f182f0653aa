# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements/base.txt requirements/base.txt
RUN /venv/bin/python -m pip install --require-hashes -r requirements/base.txt \
 && /venv/bin/python -m pip uninstall --yes pip
COPY . .
# The local environment makes throw-away keys; they stay in this stage.
RUN SMS_VAR=/tmp/var SMS_STATIC_ROOT=/static /venv/bin/python manage.py collectstatic --no-input \
 && /venv/bin/python -m compileall -q config sms_core sms_django

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin sms \
 && install -d -o sms -g sms /data
COPY --from=build /venv /venv
COPY --from=build /static /static
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SMS_ENV=production \
    SMS_STATIC_ROOT=/static \
    SMS_VAR=/data \
    GRANIAN_INTERFACE=wsgi \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_WEBSOCKETS=false \
    GRANIAN_WORKERS=2 \
    GRANIAN_BLOCKING_THREADS=4
WORKDIR /app
USER sms
VOLUME /data
EXPOSE 8000
# Asked under a name that ALLOWED_HOSTS lets in, as every other request.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", \
  "import os, urllib.request as u; host = os.environ['ALLOWED_HOSTS'].split(',')[0].strip(' .*'); u.urlopen(u.Request('http://127.0.0.1:8000/readyz', headers={'Host': host or 'localhost'}), timeout=4)"]
CMD ["granian", "config.wsgi:application"]
