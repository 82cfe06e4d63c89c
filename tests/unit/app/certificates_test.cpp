#include <gmock/gmock.h>

#include <fstream>

#include "../transport/certificate_files.hpp"
#include "app/options.hpp"

namespace w2s::app {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using transport::CertificateFiles;

// A configuration with these files on its third line, beside them.
config::LoadResult load_with(const CertificateFiles& files, const std::string& authorities = "*") {
  const auto path = std::filesystem::path(files.key()).replace_filename("config.xml").string();
  std::ofstream(path) << "<config>\n<transport>wss;*;1</transport><transport>udp;*;1</transport>\n<ssl-certificates>key.pem;"
                         "certificate.pem;" + authorities + "</ssl-certificates>\n</config>";
  return load_config(path);
}

// How the program tells of the one thing that is wrong with them.
std::string complaint(const CertificateFiles& files, const std::string& authorities = "*") {
  const auto loaded = load_with(files, authorities);
  EXPECT_EQ(loaded.errors.size(), 1U);
  return loaded.errors.empty() ? "" : loaded.describe(loaded.errors[0]);
}

void write_rsa_key(const std::string& path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), &EVP_PKEY_free);
  const std::unique_ptr<FILE, decltype(&fclose)> file(fopen(path.c_str(), "w"), &fclose);
  ASSERT_EQ(PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
}

TEST(ConfiguredCertificates, APairThatFitsIsTaken) {
  const CertificateFiles files;
  const auto loaded = load_with(files);
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(loaded.config.certificates.size(), 1U);
}

TEST(ConfiguredCertificates, AKeyOfAnotherCertificateIsAnErrorWithFileAndLine) {
  CertificateFiles files;
  files.write_other_key();
  EXPECT_EQ(complaint(files), std::filesystem::path(files.key()).replace_filename("config.xml").string() +
                                  ":3: ssl-certificates: the private key in " + files.key() +
                                  " does not belong to the certificate in " + files.certificate());
}

TEST(ConfiguredCertificates, AKeyOfAnotherKindIsOneThatDoesNotBelong) {
  const CertificateFiles files;
  write_rsa_key(files.key());
  EXPECT_THAT(complaint(files), HasSubstr("does not belong to the certificate"));
}

TEST(ConfiguredCertificates, FilesThatHoldSomethingElseAreNamed) {
  CertificateFiles files;
  files.write_other_key("secret");
  EXPECT_THAT(complaint(files), HasSubstr(files.key() + " is locked with a passphrase"));
  std::ofstream(files.key()) << "no key";
  EXPECT_THAT(complaint(files), HasSubstr("cannot use the private key in " + files.key() + ": there is none in PEM format"));
  std::ofstream(files.certificate()) << "no certificate";
  EXPECT_THAT(complaint(files), HasSubstr("cannot use the certificate chain in " + files.certificate() + ": there is none in PEM format"));
  files.write({});
  std::ofstream(std::filesystem::path(files.key()).replace_filename("authorities.pem")) << "nobody";
  EXPECT_THAT(complaint(files, "authorities.pem"), HasSubstr("cannot use the certificate authorities in "));
}

TEST(ConfiguredCertificates, AnExpiredOneIsUsedWithAWarning) {
  transport::CertificateContent past;
  past.valid_until = -60;
  const CertificateFiles files(past);
  const auto loaded = load_with(files);
  EXPECT_THAT(loaded.errors, IsEmpty());
  ASSERT_EQ(loaded.warnings.size(), 1U);
  EXPECT_THAT(loaded.describe(loaded.warnings[0]), HasSubstr(":3: ssl-certificates: the certificate in " + files.certificate() +
                                                             " expired on 20"));
}

}  // namespace
}  // namespace w2s::app
