/* api/interface.c - what the service says about itself */
#include "api/interface.h"
#include "api/message.h"
#include "base/json.h"

/* io.zmirror.varlink as a string, made by the build. */
extern const char interface_io_zmirror[];

static const char interface_service[] =
        "# The Varlink Service Interface is provided by every varlink service. It\n"
        "# describes the service and the interfaces it implements.\n"
        "interface org.varlink.service\n"
        "\n"
        "# Get a list of all the interfaces a service provides and information\n"
        "# about the implementation.\n"
        "method GetInfo() -> (\n"
        "  vendor: string,\n"
        "  product: string,\n"
        "  version: string,\n"
        "  url: string,\n"
        "  interfaces: []string\n"
        ")\n"
        "\n"
        "# Get the description of an interface that is implemented by this service.\n"
        "method GetInterfaceDescription(interface: string) -> (description: string)\n"
        "\n"
        "# The requested interface was not found.\n"
        "error InterfaceNotFound (interface: string)\n"
        "\n"
        "# The requested method was not found\n"
        "error MethodNotFound (method: string)\n"
        "\n"
        "# The interface defines the requested method, but the service does not\n"
        "# implement it.\n"
        "error MethodNotImplemented (method: string)\n"
        "\n"
        "# One of the passed parameters is invalid.\n"
        "error InvalidParameter (parameter: string)\n"
        "\n"
        "# Client is denied access\n"
        "error PermissionDenied ()\n"
        "\n"
        "# Method is expected to be called with 'more' set to true, but wasn't\n"
        "error ExpectedMore ()\n";

const char *interface_find(const char *name) {
        if (text_equal(name, MESSAGE_INTERFACE))
                return interface_io_zmirror;
        return text_equal(name, "org.varlink.service") ? interface_service : NULL;
}

void interface_print_info(struct text *t) {
        json_open(t, NULL, '{');
        json_add_string(t, "vendor", "zmirror");
        json_add_string(t, "product", "zmirror");
        json_add_string(t, "version", VERSION);
        json_add_string(t, "url", "");
        json_open(t, "interfaces", '[');
        json_add_string(t, NULL, "org.varlink.service");
        json_add_string(t, NULL, MESSAGE_INTERFACE);
        json_close(t, ']');
        json_close(t, '}');
}
