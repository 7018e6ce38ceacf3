#!/bin/sh
# The job of the virtual machine whose disk's target is killed again and again: verified writes.
exec 2>&1
set -x
for entry in /sys/block/vd*; do
    if [ "$(cat "$entry/serial")" = blk ]; then disk=/dev/${entry##*/}; fi
done
number=0
while [ $number -lt 8 ]; do
    fio --name=verify --filename="$disk" --offset=$((number * 8))M --size=8M --rw=randwrite \
        --bsrange=4k-64k --iodepth=16 --ioengine=libaio --direct=1 --verify=crc32c \
        --verify_fatal=1 --randseed=$number >> results/fio
    echo $? >> results/verified
    number=$((number + 1))
done
sync
dd if="$disk" bs=1M iflag=direct status=none | sha256sum | cut -d' ' -f1 > results/sum
dmesg > results/dmesg
