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


boot_test_extra := words=tests/boot/infotext.h cmdline=tests/boot/cmdline
boot_test_kernel := $(B)/tests/boot/kernel.elf

# boot_test_image(NAME, files): an image for a test, in $(B)/tests/boot/NAME.iso.
boot_test_image = $(eval BOOT_TEST_$(1) := $(2)) \
    $(eval $(call boot_image,$(B)/tests/boot/$(1).iso,BOOT_TEST_$(1))) \
    $(eval TEST_NEEDS += $(B)/tests/boot/$(1).iso)

$(call boot_test_image,test,kernel=$(boot_test_kernel) $(boot_test_extra))
$(call boot_test_image,no-kernel,$(boot_test_extra))
$(call boot_test_image,no-elf,kernel=tests/boot/infotext.h)
$(call boot_test_image,not-kernel,kernel=$(B)/boot/stage2.elf)
$(call boot_test_image,big-trace,kernel=$(boot_test_kernel) cmdline=tests/boot/cmdline-trace)

$(B)/host/tests/boot/%.o: tests/boot/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(B)/tests/boot/machine $(B)/tests/boot/infotext: $(B)/tests/boot/%: $(B)/host/tests/boot/%.o
	$(CC) -o $@ $<

$(B)/tests/boot/damage: $(B)/host/tests/boot/damage.o \
    $(patsubst %,$(B)/host/boot/%.o,iso archive crc32c)
	$(CC) -o $@ $^

$(B)/tests/boot/hostile.bin: $(B)/tests/boot/hostile.o
	ld -m elf_x86_64 -Ttext=0x500 --oformat binary -o $@ $<

SYSTEM_TESTS += $(addprefix tests/boot/test-,boots refusals hostile bootpack)
TEST_NEEDS += $(addprefix $(B)/tests/boot/,machine damage infotext hostile.bin)
