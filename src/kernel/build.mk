# The kernel: one ELF with its debugging information, a stripped copy and a list of its symbols for
# the boot archive.

KERNEL_SOURCES := $(wildcard src/kernel/*.c src/kernel/x86/*.c)
KERNEL_OBJECTS := $(KERNEL_SOURCES:%.c=$(B)/%.o) $(B)/src/kernel/x86/entry.o
KERNEL_CFLAGS := $(GUEST_CFLAGS) -mcmodel=kernel -mno-red-zone -fno-optimize-sibling-calls \
    -fno-stack-protector -momit-leaf-frame-pointer

$(B)/src/kernel/%.o: src/kernel/%.c
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(B)/src/kernel/%.o: src/kernel/%.S
	@mkdir -p $(@D)
	$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

$(B)/kernel/kernel.elf: $(KERNEL_OBJECTS) src/kernel/kernel.ld
	@mkdir -p $(@D)
	$(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none \
	    -T src/kernel/kernel.ld -o $@ $(KERNEL_OBJECTS)

$(B)/kernel/kernel: $(B)/kernel/kernel.elf
	objcopy --strip-all $< $@

# Lines "address name", sorted by address: what a panic prints.
$(B)/kernel/kernel.symbols: $(B)/kernel/kernel.elf
	nm -n $< | awk '$$2 ~ /[tT]/ { print $$1, $$3 }' >$@

ARCHIVE_FILES += kernel=$(B)/kernel/kernel kernel.symbols=$(B)/kernel/kernel.symbols

-include $(KERNEL_OBJECTS:.o=.d)
