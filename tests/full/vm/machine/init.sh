#!/bin/sh
# Runs one job and powers off. /dev/vdb is a tar with the job, whose ./run is started; /dev/vdc takes
# a tar with what it leaves in ./results.
export PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/tmp LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
for folder in /tmp /run /job; do
    mount -t tmpfs tmpfs "$folder"
done
ip link set lo up
tar -C /job -xf /dev/vdb
mkdir -p /job/results
cd /job && sh ./run
tar -C /job/results -cf /dev/vdc .
sync
exec busybox poweroff -f
