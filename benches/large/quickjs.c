/* QuickJS runs quickjs.js with the global `n`; the string that the script gives is the result. */
#include "guest.h"
#include "quickjs.h"

static const char script[] = {
#embed "quickjs.js"
  , 0};

EXPORT uint32_t run(uint32_t n) {
  start();
  JSRuntime *runtime = JS_NewRuntime();
  JSContext *context = JS_NewContext(runtime);
  if (!context) __builtin_trap();
  JSValue global = JS_GetGlobalObject(context);
  JS_SetPropertyStr(context, global, "n", JS_NewUint32(context, n));
  JS_FreeValue(context, global);
  JSValue value = JS_Eval(context, script, sizeof script - 1, "quickjs.js", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(value)) __builtin_trap();
  size_t length;
  const char *text = JS_ToCStringLen(context, &length, value);
  uint32_t h = mix_bytes(0, text, length);
  JS_FreeCString(context, text);
  JS_FreeValue(context, value);
  JS_FreeContext(context);
  JS_FreeRuntime(runtime);
  return h;
}
