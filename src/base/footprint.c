/* base/footprint.c - giving back memory that was needed only for a while */
#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/footprint.h"

/* Code is never written to: there is nothing to lose, unlike in data, where relocations are. */
static int forget_code(struct dl_phdr_info *info, size_t size, void *userdata) {
        const uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);

        for (int i = 0; i < info->dlpi_phnum; i++) {
                const ElfW(Phdr) *p = &info->dlpi_phdr[i];
                uintptr_t begin = info->dlpi_addr + p->p_vaddr, end = begin + p->p_memsz;

                if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) || (p->p_flags & PF_W))
                        continue;
                begin &= ~(page - 1);
                end = (end + page - 1) & ~(page - 1);
                (void) madvise((void *) begin, end - begin, MADV_DONTNEED);
        }
        return 0;
}

void footprint_shrink(void) {
        (void) malloc_trim(0);
        (void) dl_iterate_phdr(forget_code, NULL);
}
