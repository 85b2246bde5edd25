#!/bin/sh
# Builds the peers of the jitter table into the directory given: Debian's libspeexdsp-dev, libgstreamer1.0-dev and
# gstreamer1.0-plugins-good are needed.
set -eu
here=$(dirname "$0")
out=${1:?usage: build.sh DIRECTORY}
mkdir -p "$out"
cc -O2 -Wall -o "$out/jitter-speex" "$here/speex.c" $(pkg-config --cflags --libs speexdsp)
cc -O2 -Wall -o "$out/jitter-gstreamer" "$here/gstreamer.c" $(pkg-config --cflags --libs gstreamer-check-1.0)
