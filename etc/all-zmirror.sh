#!/bin/sh
# all-zmirror.sh - zedlet: tells zmirror of every event of ZFS. It only says where to look, so nothing is lost
# if it does not arrive.
exec /usr/libexec/zmirror/zmirror-trigger
