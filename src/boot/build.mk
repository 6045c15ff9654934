# The boot loader and the boot image.
#
# $(B)/orrery.iso holds the stages and all of ARCHIVE_FILES. Other images are made with
#   $(eval $(call boot_image,path/of/image.iso,NAME_OF_A_VARIABLE_LIKE_ARCHIVE_FILES))

.SECONDEXPANSION:

boot_pure := archive crc32c elf info iso memory_map options rsdp space tables text
boot_objects := $(patsubst %,$(B)/boot/%.o,start $(boot_pure) main firmware entropy memory)

# Size before speed: the loops that count are instructions or unrolled by hand.
BOOT_CFLAGS = $(filter-out -fno-omit-frame-pointer,$(GUEST_CFLAGS)) -Os -mno-red-zone \
    -fomit-frame-pointer -fno-stack-protector -ffunction-sections -fcf-protection=none

$(B)/boot/%.o: src/boot/%.c
	@mkdir -p $(@D)
	$(CC) $(BOOT_CFLAGS) -c -o $@ $<

$(B)/boot/%.o: src/boot/%.S
	@mkdir -p $(@D)
	$(CC) $(BOOT_CFLAGS) -c -o $@ $<

$(B)/boot/stage1-cd.o: src/boot/stage1.S
	@mkdir -p $(@D)
	$(CC) $(BOOT_CFLAGS) -DCD -c -o $@ $<

$(B)/boot/stage1-disk.o: src/boot/stage1.S
	@mkdir -p $(@D)
	$(CC) $(BOOT_CFLAGS) -c -o $@ $<

$(B)/boot/stage1-%.bin: $(B)/boot/stage1-%.o src/boot/stage1.ld
	ld -m elf_x86_64 -T src/boot/stage1.ld -o $@ $<

$(B)/boot/stage2.elf: $(boot_objects) src/boot/stage2.ld
	ld -m elf_x86_64 -T src/boot/stage2.ld --gc-sections -z noexecstack -o $@ $(boot_objects)

$(B)/boot/stage2.bin: $(B)/boot/stage2.elf
	objcopy -O binary $< $@

$(B)/host/boot/%.o: src/boot/%.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -c -o $@ $<

$(B)/host/bootpack: $(patsubst %,$(B)/host/boot/%.o,bootpack archive crc32c)
	$(CC) -o $@ $^

$(B)/boot/system.bin: $(B)/host/bootpack $(B)/boot/stage1-disk.bin $(B)/boot/stage2.bin
	$(B)/host/bootpack system $@ $(B)/boot/stage1-disk.bin $(B)/boot/stage2.bin


# Paths of a list of name=path pairs.
archive_paths = $(foreach pair,$(1),$(lastword $(subst =, ,$(pair))))

# An image holds no date but this one, no path, and nothing of xorriso's own choosing. It ends with
# a whole cylinder of 16 heads and 63 sectors: Bochs cuts off what does not fill one. Some firmware
# boots a USB stick only if it has a partition that is marked as bootable.
boot_image_date := 2026010100000000
boot_image_iso = SOURCE_DATE_EPOCH=1767225600 xorriso -report_about SORRY -as mkisofs -quiet \
    -volid ORRERY -preparer ORRERY -appid ORRERY --modification-date=$(boot_image_date) \
    --set_all_file_dates $(boot_image_date) -iso-level 1 -no-pad -G $(B)/boot/system.bin \
    --protective-msdos-label --mbr-force-bootable \
    -partition_hd_cyl 16 -partition_sec_hd 63 -partition_cyl_align all \
    -b CD.BIN -no-emul-boot -boot-load-size 4 -c BOOT.CAT -o $(1) $(2) 2>$(1).log || \
    { cat $(1).log >&2; false; }

# boot_image(image, variable): rules for an image of the files that the variable lists. The list is
# kept in a file, so that a change of it alone rebuilds the image too.
define boot_image
$(1).files: FORCE
	@mkdir -p $$(@D)
	@echo '$$(strip $$($(2)))' | cmp -s - $$@ || echo '$$(strip $$($(2)))' >$$@

$(1): $(1).files $$$$(call archive_paths,$$$$($(2))) $(B)/host/bootpack $(B)/boot/system.bin \
    $(B)/boot/stage1-cd.bin
	@rm -rf $(1).tree $(1) && mkdir -p $(1).tree
	$(B)/host/bootpack archive $(1).tree/ORRERY.ARC $$($(2))
	@cp $(B)/boot/stage1-cd.bin $(1).tree/CD.BIN
	$$(call boot_image_iso,$(1),$(1).tree)
	@rm -rf $(1).tree
endef

$(eval $(call boot_image,$(B)/orrery.iso,ARCHIVE_FILES))

.PHONY: image FORCE
image: $(B)/orrery.iso
