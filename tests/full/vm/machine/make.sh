#!/bin/sh
# Makes the virtual machine of the slow tests; runs in a container of dpulab/base.
#   /in            this folder        /in-wheels   the wheels of requirements/dev.txt
#   /requirements  that folder        /out         gets vmlinuz, initrd, disk, release
set -eu
export DEBIAN_FRONTEND=noninteractive
say() { echo "== $*"; }

say "packages of the machine"
apt-get update -q
apt-get install -y -q --no-install-recommends busybox-static fio kmod nvme-cli python3-venv
say "Python packages"
python3 -m venv /opt/venv
/opt/venv/bin/pip install -q --no-index --find-links /in-wheels --require-hashes \
    -r /requirements/dev.txt
/opt/venv/bin/pip uninstall -q -y pip

say "its file system"
mkdir /rootfs
# one file system: neither /proc and its like nor what is mounted here; not the copy itself
tar --one-file-system --exclude=./rootfs --exclude=./var/lib/apt/lists --exclude=./var/cache/apt \
    -C / -c . | tar -C /rootfs -x
mkdir -p /rootfs/job
install -m 755 /in/init.sh /rootfs/sbin/init

# The package's own scripts would make an initial ram disk and a boot loader entry: neither is
# wanted, so it is unpacked instead of installed.
say "Debian's kernel"
cd /tmp
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
apt-get download -q "$package"
dpkg-deb -x "$package"_*.deb kernel
release=$(ls kernel/usr/lib/modules)
mkdir -p /rootfs/usr/lib/modules
mv "kernel/usr/lib/modules/$release" /rootfs/usr/lib/modules/
depmod -b /rootfs "$release"
cp "kernel/boot/vmlinuz-$release" /out/vmlinuz

# ext4 and the PCI bus are built into this kernel, the disk's driver is not.
say "the initial ram disk"
apt-get install -y -q --no-install-recommends cpio e2fsprogs
mkdir -p initrd/bin initrd/dev initrd/newroot
cp /bin/busybox initrd/bin/
driver=$(find "/rootfs/usr/lib/modules/$release" -name 'virtio_blk.ko.xz')
busybox unxz -c "$driver" > initrd/virtio_blk.ko
install -m 755 /in/initrd-init.sh initrd/init
(cd initrd && find . | cpio -o -H newc --quiet | gzip -1) > /out/initrd

say "the disk"
megabytes=$(($(du -sm /rootfs | cut -f1) * 12 / 10 + 32))
mke2fs -q -t ext4 -O ^has_journal -m 0 -d /rootfs /out/disk "${megabytes}M"
echo "$release" > /out/release
chown --reference=/out /out/*
