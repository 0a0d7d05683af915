/* The part of libsystemd that mailtrail uses: sd-journal(3), sd_notify(3), sd-id128(3). */
#include <systemd/sd-journal.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>
/* epoll(7), eventfd(2) and signalfd(2), which an event loop beside libsystemd needs and Swift's Glibc module lacks. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
