#include "breaker/media_control.hpp"

#include <gtest/gtest.h>

namespace w2s::breaker {
namespace {

TEST(MediaControl, KnowsARequestForAKeyFrame) {
  for (const auto* body : {"<?xml "
                           "version=\"1.0\"?><media_control><vc_primitive><to_encoder><picture_fast_update></"
                           "picture_fast_update>"
                           "</to_encoder></vc_primitive></media_control>",
                           "<media_control>\r\n <picture_fast_update/>\r\n</media_control>",
                           "<mc:picture_fast_update />", "<!-- <media_control/> --><picture_fast_update>"})
    EXPECT_TRUE(asks_for_key_frame("Application/Media_Control+xml; charset=utf-8", body)) << body;
}

TEST(MediaControl, AndTheRestIsNone) {
  for (const auto* body :
       {"", "<", "<media_control><general_error>no</general_error></media_control>", "picture_fast_update",
        "<picture_fast_update_gob/>", "<!-- <picture_fast_update/> -->", "<!-- <picture_fast_update/>"})
    EXPECT_FALSE(asks_for_key_frame("application/media_control+xml", body)) << body;
  EXPECT_FALSE(asks_for_key_frame("application/xml", "<picture_fast_update/>"));
  EXPECT_FALSE(
      asks_for_key_frame("application/media_control+xml", std::string(5000, ' ') + "<picture_fast_update/>"));
}

}  // namespace
}  // namespace w2s::breaker
