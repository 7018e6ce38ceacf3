#!/bin/sh
# The job of the virtual machine of test_vhost_user.py: uses the disks that are not its own.
# What it finds out is left in results/, one file for each answer.
exec 2>&1
set -x
uname -r > results/release
modprobe virtio_scsi
modprobe sd_mod

# keep NAME DISK: verified I/O in the file system that is there, a pattern behind it
keep() {
    blockdev --getsize64 "$2" > "results/$1.size"
    cat "/sys/block/${2##*/}/queue/write_cache" > "results/$1.cache"
    mount -t ext4 "$2" /tmp/mount || return
    fio --name=verify --directory=/tmp/mount --size=16M --rw=randwrite --bsrange=4k-256k \
        --iodepth=16 --ioengine=libaio --direct=1 --verify=crc32c --verify_fatal=1 \
        --randseed=7 --output="results/$1.fio"
    echo $? > "results/$1.verified"
    umount /tmp/mount
    number=0
    while [ $number -lt 64 ]; do
        printf "%4s of %s" "$number" "$1" |
            dd of="$2" bs=4096 seek=$((12288 + number * 16)) conv=sync,notrunc status=none
        number=$((number + 1))
    done
    sync
    dd if="$2" bs=1M iflag=direct status=none | sha256sum | cut -d' ' -f1 > "results/$1.sum"
}

# discard NAME DISK: the first half of what was written is given back
discard() {
    cat "/sys/block/${2##*/}/queue/discard_max_bytes" > "results/$1.discard"
    tr '\0' x < /dev/zero | dd of="$2" bs=1M count=8 iflag=fullblock oflag=direct status=none
    blkdiscard --length 4194304 "$2"
    echo $? > "results/$1.discarded"
    dd if="$2" bs=1M count=8 iflag=direct status=none | tr -d '\0' | wc -c > "results/$1.left"
}

mkdir /tmp/mount
for entry in /sys/block/vd*; do
    case "$(cat "$entry/serial")" in
        blk) keep blk "/dev/${entry##*/}" ;;
        ram) discard blk "/dev/${entry##*/}" ;;
    esac
done
# The disks of SCSI appear when they have been looked at.
number=0
while [ ! -e /dev/sdb ] && [ $number -lt 100 ]; do
    sleep 0.1
    number=$((number + 1))
done
for entry in /sys/block/sd*; do
    place=$(readlink -f "$entry/device")
    case "$place" in
        *:0:0:0) keep scsi "/dev/${entry##*/}" ;;
        *:0:5:0) discard scsi "/dev/${entry##*/}" ;;
    esac
done

# await NAME CONDITION...: yes or no, whether the condition came true
await() {
    name=$1
    shift
    tries=0
    while [ $tries -lt 300 ]; do
        if "$@"; then
            echo yes > "results/$name"
            return
        fi
        tries=$((tries + 1))
        sleep 0.1
    done
    echo no > "results/$name"
}
target6() { ls -d /sys/class/scsi_disk/*:0:6:0; }
appeared() { target6 && late=/dev/$(ls "$(target6)/device/block") && [ -b "$late" ]; }
has_size() { [ "$(blockdev --getsize64 "$1")" = "$2" ]; }
gone() { ! target6; }

# Our side adds a disk as soon as the others are done with, then each time goes on when this
# one has been written: it lets both grow, then takes it away.
set +x
await events.appeared appeared
for entry in /sys/block/vd*; do
    if [ "$(cat "$entry/serial")" = grows ]; then grows=/dev/${entry##*/}; fi
done
dd if=/dev/zero of="$late" bs=4096 count=1 oflag=direct
await events.scsi_grew has_size "$late" 4194304
await events.blk_grew has_size "$grows" 4194304
dd if=/dev/zero of="$late" bs=4096 count=1 oflag=direct
await events.gone gone
dmesg > results/dmesg
