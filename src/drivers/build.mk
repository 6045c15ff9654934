# Drivers: each folder is one program of its name: the library half and main.c.

DRIVERS := $(sort $(notdir $(patsubst %/main.c,%,$(wildcard src/drivers/*/main.c))))

$(B)/drivers/%.c.o: src/drivers/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(foreach name,$(DRIVERS),$(eval $(call program,$(name),$(patsubst \
    src/%.c,$(B)/%.c.o,$(sort $(wildcard src/drivers/$(name)/*.c))))))

ARCHIVE_FILES += $(foreach name,$(DRIVERS),$(name)=$(B)/programs/$(name)/$(name))
