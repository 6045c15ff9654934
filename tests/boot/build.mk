# Booted tests of the loader: a kernel that checks what it is handed, and damaged images.

boot_test_objects := $(B)/tests/boot/start.o $(B)/tests/boot/kernel.o

$(B)/tests/boot/%.o: tests/boot/%.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -mno-red-zone -mcmodel=kernel -fno-stack-protector -c -o $@ $<

$(B)/tests/boot/%.o: tests/boot/%.S
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -c -o $@ $<

$(B)/tests/boot/kernel.elf: $(boot_test_objects) tests/boot/kernel.ld
	ld -m elf_x86_64 -T tests/boot/kernel.ld -z max-page-size=4096 -o $@ $(boot_test_objects)


BOOT_TEST_FILES = kernel=$(B)/tests/boot/kernel.elf words=tests/boot/infotext.h \
    cmdline=tests/boot/cmdline

$(eval $(call boot_image,$(B)/tests/boot/test.iso,BOOT_TEST_FILES))
