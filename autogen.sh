#!/bin/sh
# Makes configure and Makefile.in from a checkout.
cd "$(dirname "$0")" && mkdir -p build-aux && exec autoreconf --install --force
