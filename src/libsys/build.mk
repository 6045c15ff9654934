# libsys: the user library, and how programs are compiled and linked.

# Every function has a frame of its own, which backtraces need (clang does so unasked).
USER_CFLAGS := $(GUEST_CFLAGS) -fno-stack-protector -ffunction-sections -Isrc/libsys
USER_CFLAGS += $(if $(findstring clang,$(CC)),,-fno-shrink-wrap)

LIBSYS_SOURCES := $(sort $(wildcard src/libsys/*.c src/libsys/*.S))
LIBSYS_OBJECTS := $(LIBSYS_SOURCES:src/libsys/%=$(B)/libsys/%.o)
LIBSYS := $(B)/libsys/libsys.a

# The standard's memory functions must not be turned into calls of themselves.
$(B)/libsys/string.c.o: USER_CFLAGS += -fno-builtin

$(B)/libsys/%.c.o: src/libsys/%.c
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(B)/libsys/%.S.o: src/libsys/%.S
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(LIBSYS): $(LIBSYS_OBJECTS)
	rm -f $@
	ar rcsD $@ $^

# Linked by the linker itself: what the compiler would add has no place here.
USER_LINK := ld -m elf_x86_64 -static -nostdlib --build-id=none -z noexecstack \
    -z max-page-size=4096 --gc-sections --fatal-warnings -T src/libsys/program.ld

# $(call program,NAME,objects): $(B)/programs/NAME/NAME.elf with debug information, and NAME beside
# it without.
define program
$(B)/programs/$(1)/$(1).elf: $(2) $(LIBSYS) src/libsys/program.ld
	mkdir -p $$(@D)
	$(USER_LINK) -o $$@ $(2) $(LIBSYS)

$(B)/programs/$(1)/$(1): $(B)/programs/$(1)/$(1).elf
	strip --strip-all -o $$@ $$<

PROGRAM_ELFS += $(B)/programs/$(1)/$(1).elf
endef
